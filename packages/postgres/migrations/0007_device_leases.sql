alter table vigil.devices
	add column unregistered_upstream boolean not null default false,
	-- When a foreground statement lapses; null when it does not.
	add column lease_until_ms double precision,
	-- The app's own number of its last statement; a double holds every integer that JSON does.
	add column sequence double precision,
	add column last_contact_ms double precision;

create index devices_by_lease on vigil.devices (lease_until_ms)
	where activity = 'foreground' and lease_until_ms is not null;

-- Bearer tokens of removed devices, so that their apps can be told what happened.
create table vigil.removed_devices (
	token_digest text primary key,
	tenant_id text not null constraint removed_devices_tenant references vigil.tenants on delete cascade,
	device_id text not null,
	removed_at_ms double precision not null default vigil.now_ms()
);
create index removed_devices_by_age on vigil.removed_devices (tenant_id, removed_at_ms);
alter table vigil.removed_devices enable row level security;
create policy own_tenant on vigil.removed_devices to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.removed_devices to vigil_tenant;
