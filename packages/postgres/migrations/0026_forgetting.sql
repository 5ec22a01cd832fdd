-- Accounts that are gone and whose calls are to lose what names their callers: written with the removal, deleted when none is left.
create table vigil.forgettings (
	account_id text primary key,
	tenant_id text not null constraint forgettings_tenant references vigil.tenants on delete cascade,
	asked_at_ms double precision not null default vigil.now_ms()
);
create index forgettings_by_tenant on vigil.forgettings (tenant_id);
alter table vigil.forgettings enable row level security;
alter table vigil.forgettings force row level security;
create policy own_tenant on vigil.forgettings to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.forgettings to vigil_tenant;
do $$
begin
	execute format('create policy platform on vigil.forgettings to %I using ((select vigil.is_platform()))', current_user);
end $$;

-- Who has the turn: one whose turn has run out neither renews nor ends that of the next.
alter table vigil.turns add column holder text not null default '';
