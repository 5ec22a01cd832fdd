-- Calls that have not ended, which are few.
create index calls_open on vigil.calls (id) where ended_at_ms is null;
