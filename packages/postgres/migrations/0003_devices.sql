create table vigil.devices (
	id text primary key,
	tenant_id text not null constraint devices_tenant references vigil.tenants on delete cascade,
	platform text not null,
	name text,
	instance_id text not null,
	activity text not null default 'foreground',
	activity_since_ms double precision not null default vigil.now_ms(),
	registered_upstream boolean not null default false,
	token_digest text not null constraint devices_token unique,
	-- Sealed, see src/sealing.
	sip_secret text not null,
	created_at_ms double precision not null default vigil.now_ms(),
	constraint devices_owner unique (tenant_id, id)
);
create index devices_by_age on vigil.devices (tenant_id, created_at_ms, id);
alter table vigil.devices enable row level security;
create policy own_tenant on vigil.devices to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.devices to vigil_tenant;

create table vigil.push_tokens (
	id text primary key,
	tenant_id text not null,
	device_id text not null,
	push_app_id text not null,
	kind text not null,
	token text not null,
	registered_at_ms double precision not null default vigil.now_ms(),
	retired_at_ms double precision,
	retired_reason text,
	constraint push_tokens_once unique (device_id, push_app_id, kind, token),
	constraint push_tokens_device foreign key (tenant_id, device_id)
		references vigil.devices (tenant_id, id) on delete cascade,
	constraint push_tokens_app foreign key (tenant_id, push_app_id)
		references vigil.push_apps (tenant_id, id) on delete cascade
);
create index push_tokens_by_app on vigil.push_tokens (tenant_id, push_app_id);
alter table vigil.push_tokens enable row level security;
create policy own_tenant on vigil.push_tokens to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.push_tokens to vigil_tenant;

-- The accounts that a device serves. Both keys carry the tenant, so that no line can join two tenants.
create table vigil.lines (
	device_id text not null,
	account_id text not null,
	tenant_id text not null,
	-- Lines keep the order in which they were added.
	position bigint generated always as identity,
	added_at_ms double precision not null default vigil.now_ms(),
	primary key (device_id, account_id),
	constraint lines_device foreign key (tenant_id, device_id)
		references vigil.devices (tenant_id, id) on delete cascade,
	constraint lines_account foreign key (tenant_id, account_id)
		references vigil.accounts (tenant_id, id) on delete cascade
);
create index lines_by_account on vigil.lines (account_id);
alter table vigil.lines enable row level security;
create policy own_tenant on vigil.lines to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.lines to vigil_tenant;

create table vigil.device_bindings (
	device_id text primary key,
	tenant_id text not null,
	binding_id text not null,
	route text not null,
	contact text not null,
	attached_at_ms double precision not null,
	expires_at_ms double precision not null,
	constraint device_bindings_device foreign key (tenant_id, device_id)
		references vigil.devices (tenant_id, id) on delete cascade
);
alter table vigil.device_bindings enable row level security;
create policy own_tenant on vigil.device_bindings to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.device_bindings to vigil_tenant;
