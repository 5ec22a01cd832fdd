-- Whether the database takes writes is found out by writing one, here.
create table vigil.write_probe (at_ms double precision not null);
alter table vigil.write_probe enable row level security;
alter table vigil.write_probe force row level security;

-- What the last pushes through each push app came to, for its tenant.
create table vigil.push_app_health (
	push_app_id text primary key,
	tenant_id text not null,
	-- 'working' or 'failing', and since when.
	state text not null,
	since_ms double precision not null,
	-- Failures since then.
	failures integer not null default 0,
	accepted_at_ms double precision,
	failed_at_ms double precision,
	failure text,
	reason text,
	provider_status integer,
	constraint push_app_health_app foreign key (tenant_id, push_app_id)
		references vigil.push_apps (tenant_id, id) on delete cascade
);
alter table vigil.push_app_health enable row level security;
alter table vigil.push_app_health force row level security;
create policy own_tenant on vigil.push_app_health to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select on vigil.push_app_health to vigil_tenant;

do $$
declare
	name text;
begin
	foreach name in array array['write_probe', 'push_app_health'] loop
		execute format('create policy platform on vigil.%I to %I using ((select vigil.is_platform()))', name, current_user);
	end loop;
end $$;
