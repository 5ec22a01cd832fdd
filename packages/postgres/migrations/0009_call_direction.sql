alter table vigil.calls
	-- 'incoming' or 'outgoing', as the account sees it.
	add column direction text not null default 'incoming',
	-- The device that made an outgoing call.
	add column placed_by text;

-- Only those who are called miss a call.
drop index vigil.calls_missed;
create index calls_missed on vigil.calls (account_id, started_at_ms desc)
	where direction = 'incoming' and outcome in ('missed', 'cancelled');
