-- Text that callers write may be longer than an index takes: it is found by a hash of it, and then compared.
alter table vigil.calls
	add column from_key bigint generated always as (hashtextextended(from_uri, 0)) stored,
	add column sip_call_key bigint generated always as (hashtextextended(sip_call_id, 0)) stored;
create index calls_by_caller on vigil.calls (tenant_id, from_key, started_at_ms desc, id desc);
create index calls_by_sip_call on vigil.calls (tenant_id, sip_call_key, started_at_ms desc, id desc);

create index push_apps_by_age on vigil.push_apps (tenant_id, created_at_ms, id);

drop index vigil.api_keys_by_tenant;
create index api_keys_by_age on vigil.api_keys (tenant_id, created_at_ms, id);

create index accounts_by_username on vigil.accounts (tenant_id, username, created_at_ms, id);

drop index vigil.lines_by_account;
create index lines_by_account on vigil.lines (account_id, position, device_id);

-- Asked of each event by itself. Of a subquery the planner makes one list of all of the tenant's calls, to read one timeline.
create function vigil.is_own_call(id text) returns boolean language plpgsql stable as $$
begin
	return exists (select from vigil.calls c where c.id = is_own_call.id and c.tenant_id = vigil.current_tenant());
end $$;
alter policy own_tenant on vigil.call_events using (vigil.is_own_call(call_id));
