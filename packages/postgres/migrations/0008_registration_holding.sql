alter table vigil.registration_status
	-- Where a change between service and devices stands, and what hinders it.
	add column holding text,
	add column hindrance text,
	-- Shortest registration that the server accepts, as its 423 said.
	add column min_expires_seconds double precision;
