-- Calls that have not ended, which are few.
create index calls_open on vigil.calls (id) where ended_at_ms is null;

alter table vigil.tenant_settings
	-- Null where the platform's setting holds.
	add column retention_days integer,
	add column forget_callers boolean;

-- Events whose call was never recorded have no tenant; they go by their age.
create index call_events_by_age on vigil.call_events (at_ms);

-- Which process does what only one may do at a time, and until when it counts as doing it.
create table vigil.turns (
	name text primary key,
	until_ms double precision not null
);
alter table vigil.turns enable row level security;
alter table vigil.turns force row level security;
do $$
begin
	execute format('create policy platform on vigil.turns to %I using ((select vigil.is_platform()))', current_user);
end $$;
