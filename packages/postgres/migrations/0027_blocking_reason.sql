-- What keeps a change between service and devices from going on is called blocking_reason. While processes of the version before
-- still run (a rolling restart, or a step back to it), they read and write hindrance only: the trigger keeps both columns the same,
-- whichever of them is written. A later migration drops the trigger and the old column.
alter table vigil.registration_status add column blocking_reason text;

update vigil.registration_status set blocking_reason = hindrance where hindrance is not null;

create function vigil.same_blocking_reason() returns trigger
	language plpgsql
as $$
begin
	if tg_op = 'INSERT' then
		new.blocking_reason := coalesce(new.blocking_reason, new.hindrance);
		new.hindrance := new.blocking_reason;
	elsif new.blocking_reason is distinct from old.blocking_reason then
		new.hindrance := new.blocking_reason;
	else
		new.blocking_reason := new.hindrance;
	end if;
	return new;
end
$$;

create trigger same_blocking_reason before insert or update of blocking_reason, hindrance on vigil.registration_status
	for each row execute function vigil.same_blocking_reason();
