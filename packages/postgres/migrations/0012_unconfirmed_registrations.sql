alter table vigil.registration_status
	-- False where the server's 2xx does not show our contact; null where it does, and where nothing is registered.
	add column confirmed boolean;
