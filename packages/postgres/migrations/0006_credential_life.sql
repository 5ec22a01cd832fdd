-- A credential is a password or an HA1, both sealed (see src/sealing), and is there exactly while push is on.
alter table vigil.accounts
	alter column password drop not null,
	add column ha1 text,
	-- Rises when the credential is replaced or deleted.
	add column credential_version integer not null default 1,
	add column credential_since_ms double precision not null default vigil.now_ms(),
	-- When the tenant was warned that the credential will be deleted; empty again when a device is heard of.
	add column credential_warned_ms double precision[] not null default '{}',
	add column credential_deleted_ms double precision,
	add column credential_deleted_because text,
	-- When a device of the account was last heard of. It stays when the device is removed.
	add column last_contact_ms double precision;

update vigil.accounts
set password = null, credential_deleted_ms = vigil.now_ms(), credential_deleted_because = 'push-off'
where not coalesce((attributes ->> 'pushEnabled')::boolean, true);

alter table vigil.accounts add constraint accounts_credential check (
	num_nonnulls(password, ha1) = coalesce((attributes ->> 'pushEnabled')::boolean, true)::integer
);

create index accounts_by_silence on vigil.accounts (tenant_id, greatest(last_contact_ms, credential_since_ms))
	where coalesce(password, ha1) is not null;

create table vigil.tenant_settings (
	tenant_id text primary key constraint tenant_settings_tenant references vigil.tenants on delete cascade,
	-- Null where the platform's setting holds.
	credential_inactivity_days integer,
	foreground_lease_seconds integer
);
alter table vigil.tenant_settings enable row level security;
create policy own_tenant on vigil.tenant_settings to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.tenant_settings to vigil_tenant;
