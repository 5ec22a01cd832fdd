alter table vigil.registration_status
	-- What the SIP server has asked for so far: realm, hash and qop, and how that changed last; null where it never asked.
	add column authentication jsonb;
