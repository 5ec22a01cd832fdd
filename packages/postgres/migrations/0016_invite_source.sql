-- Where INVITEs are taken from; null where the tenant's setting holds, and there where the platform's does.
alter table vigil.accounts add column invite_source text
	constraint accounts_invite_source check (invite_source in ('any', 'registrar'));

alter table vigil.tenant_settings
	add column invite_source text
		constraint tenant_settings_invite_source check (invite_source in ('any', 'registrar')),
	-- Addresses and prefixes that calls may come from besides the SIP server's.
	add column invite_networks text[];
