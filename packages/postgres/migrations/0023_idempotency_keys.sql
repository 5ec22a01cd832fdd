create table vigil.idempotency_keys (
	-- Digest of whose key it is, what for, and the key.
	id text primary key,
	tenant_id text constraint idempotency_keys_tenant references vigil.tenants on delete cascade,
	fingerprint text not null,
	made_at_ms double precision not null default vigil.now_ms(),
	expires_at_ms double precision not null,
	-- Sealed, see src/sealing; null while the request is under way.
	answer text
);
create index idempotency_keys_by_age on vigil.idempotency_keys (tenant_id, made_at_ms);
create index idempotency_keys_by_end on vigil.idempotency_keys (expires_at_ms);
alter table vigil.idempotency_keys enable row level security;
alter table vigil.idempotency_keys force row level security;
create policy own_tenant on vigil.idempotency_keys to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.idempotency_keys to vigil_tenant;
do $$
begin
	execute format('create policy platform on vigil.idempotency_keys to %I using ((select vigil.is_platform()))', current_user);
end $$;
