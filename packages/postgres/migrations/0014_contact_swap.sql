-- The app can put a contact of the service's, to be removed, into its own REGISTER; null where it does not say so.
alter table vigil.devices add column swaps_contacts boolean;

alter table vigil.registration_status
	-- The SIP server is known to change one contact for another by one REGISTER.
	add column swaps boolean,
	-- The service's own Contact URI, while a device may take its place so.
	add column replaceable_contact text;
