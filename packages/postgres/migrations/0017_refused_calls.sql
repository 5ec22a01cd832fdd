-- How often each limit refused calls of an account, and when: one row for each, however many calls there were.
create table vigil.refused_calls (
	account_id text not null constraint refused_calls_account references vigil.accounts on delete cascade,
	scope text not null,
	kind text not null,
	tenant_id text not null,
	count double precision not null,
	first_at_ms double precision not null,
	last_at_ms double precision not null,
	primary key (account_id, scope, kind)
);
create index refused_calls_by_tenant on vigil.refused_calls (tenant_id);
alter table vigil.refused_calls enable row level security;
create policy own_tenant on vigil.refused_calls to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.refused_calls to vigil_tenant;

-- A new database gets the platform's policy by 0020, one that had it already gets it here.
do $$
begin
	if to_regprocedure('vigil.is_platform()') is not null then
		alter table vigil.refused_calls force row level security;
		execute format('create policy platform on vigil.refused_calls to %I using ((select vigil.is_platform()))', current_user);
	end if;
end $$;
