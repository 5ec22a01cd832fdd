-- Evidence outlives what it speaks of: neither account nor device is a foreign key here.
create table vigil.calls (
	id text primary key,
	tenant_id text not null constraint calls_tenant references vigil.tenants on delete cascade,
	account_id text not null,
	sip_call_id text not null,
	from_uri text not null,
	from_display_name text,
	to_uri text not null,
	started_at_ms double precision not null,
	answered_at_ms double precision,
	ended_at_ms double precision,
	outcome text,
	final_status integer,
	answered_by text,
	-- By the database's clock, to be compared with the times of lines.
	recorded_at_ms double precision not null default vigil.now_ms()
);
create index calls_by_age on vigil.calls (tenant_id, started_at_ms desc, id desc);
create index calls_by_account on vigil.calls (tenant_id, account_id, started_at_ms desc, id desc);
create index calls_missed on vigil.calls (account_id, started_at_ms desc) where outcome in ('missed', 'cancelled');
alter table vigil.calls enable row level security;
create policy own_tenant on vigil.calls to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.calls to vigil_tenant;

-- No foreign key: several processes report, and an event may arrive before the record of its call.
create table vigil.call_events (
	position bigint generated always as identity primary key,
	call_id text not null,
	at_ms double precision not null,
	kind text not null,
	device_id text,
	detail jsonb
);
create index call_events_timeline on vigil.call_events (call_id, at_ms, position);
alter table vigil.call_events enable row level security;
create policy own_tenant on vigil.call_events to vigil_tenant using (
	exists (select from vigil.calls c where c.id = call_id and c.tenant_id = vigil.current_tenant())
);
grant select, insert, update, delete on vigil.call_events to vigil_tenant;

-- Which missed calls a device has been told of.
create table vigil.missed_seen (
	device_id text not null,
	call_id text not null constraint missed_seen_call references vigil.calls on delete cascade,
	tenant_id text not null,
	primary key (device_id, call_id),
	constraint missed_seen_device foreign key (tenant_id, device_id)
		references vigil.devices (tenant_id, id) on delete cascade
);
create index missed_seen_by_call on vigil.missed_seen (call_id);
alter table vigil.missed_seen enable row level security;
create policy own_tenant on vigil.missed_seen to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.missed_seen to vigil_tenant;
