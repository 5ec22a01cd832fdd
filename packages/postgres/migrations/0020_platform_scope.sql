-- The service's own role owns the tables, and an owner is bound by no policy unless the table forces it. From here on a statement
-- sees rows as a tenant (role vigil_tenant, vigil.tenant_id) or as the platform, which it has to say: vigil.scope is 'platform'.
create function vigil.is_platform() returns boolean language sql stable
	return current_setting('vigil.scope', true) = 'platform';

-- Asked by a subquery, the question is put once for a statement, and the planner does not take it for one that few rows answer.
do $$
declare
	held record;
begin
	for held in
		select relname from pg_class where relnamespace = 'vigil'::regnamespace and relkind = 'r' and relname <> 'migrations'
	loop
		execute format('alter table vigil.%I enable row level security', held.relname);
		execute format('alter table vigil.%I force row level security', held.relname);
		execute format('create policy platform on vigil.%I to %I using ((select vigil.is_platform()))', held.relname, current_user);
	end loop;
end $$;

-- The service becomes vigil_tenant when it acts for one, and is no such role meanwhile: the policies of tenants beside its own would
-- have to be asked of every row. Before version 16 a member always has what its roles have, which costs time and lets nothing through.
do $$
begin
	if current_setting('server_version_num')::integer >= 160000 then
		execute format('grant vigil_tenant to %I with inherit false, set true', current_user);
	end if;
exception
	-- An administrator has granted it, or another database of the server is migrated at this moment.
	when insufficient_privilege or unique_violation or internal_error then null;
end $$;
