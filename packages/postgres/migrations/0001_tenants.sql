-- Times are epoch milliseconds with their fraction (double precision), as everywhere in the service.
create function vigil.now_ms() returns double precision language sql volatile
	return extract(epoch from clock_timestamp())::double precision * 1000;

-- Statements on behalf of a tenant run as this role. Roles belong to the whole server, so another database of it may
-- have made the role already, even at this very moment.
do $$
begin
	if not exists (select from pg_roles where rolname = 'vigil_tenant') then
		create role vigil_tenant nologin nosuperuser nobypassrls nocreatedb nocreaterole;
	end if;
exception
	when duplicate_object or unique_violation then null;
	when insufficient_privilege then
		raise exception 'the role vigil_tenant is missing and this user may not create it; as an administrator run: create role vigil_tenant nologin; grant vigil_tenant to %', current_user;
end $$;

do $$
begin
	begin
		execute format('grant vigil_tenant to %I', current_user);
	exception when insufficient_privilege or unique_violation then null;
	end;
	perform set_config('role', 'vigil_tenant', true);
	perform set_config('role', 'none', true);
exception when insufficient_privilege then
	raise exception 'this user may not act as vigil_tenant; as an administrator run: grant vigil_tenant to %', current_user;
end $$;

grant usage on schema vigil to vigil_tenant;

-- The tenant that the current transaction acts for; null outside of one, which matches no row.
create function vigil.current_tenant() returns text language sql stable
	return current_setting('vigil.tenant_id', true);

create table vigil.tenants (
	id text primary key,
	name text not null,
	created_at_ms double precision not null default vigil.now_ms()
);
create index tenants_by_age on vigil.tenants (created_at_ms, id);
alter table vigil.tenants enable row level security;
create policy own_tenant on vigil.tenants to vigil_tenant using (id = vigil.current_tenant());
grant select on vigil.tenants to vigil_tenant;

create table vigil.api_keys (
	id text primary key,
	tenant_id text not null constraint api_keys_tenant references vigil.tenants on delete cascade,
	name text not null,
	digest text not null constraint api_keys_digest unique,
	created_at_ms double precision not null default vigil.now_ms(),
	revoked_at_ms double precision
);
create index api_keys_by_tenant on vigil.api_keys (tenant_id, created_at_ms);
alter table vigil.api_keys enable row level security;
create policy own_tenant on vigil.api_keys to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.api_keys to vigil_tenant;

create table vigil.push_apps (
	id text primary key,
	tenant_id text not null constraint push_apps_tenant references vigil.tenants on delete cascade,
	name text not null,
	settings jsonb not null,
	-- Sealed, see src/sealing.
	secret text not null,
	version integer not null default 1,
	created_at_ms double precision not null default vigil.now_ms(),
	constraint push_apps_name unique (tenant_id, name),
	-- Lets other tables refer to a push app together with its tenant.
	constraint push_apps_owner unique (tenant_id, id)
);
alter table vigil.push_apps enable row level security;
create policy own_tenant on vigil.push_apps to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.push_apps to vigil_tenant;
