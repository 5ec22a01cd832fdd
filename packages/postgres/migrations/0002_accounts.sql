create table vigil.accounts (
	id text primary key,
	tenant_id text not null constraint accounts_tenant references vigil.tenants on delete cascade,
	username text not null,
	domain text not null,
	auth_username text,
	display_name text,
	transport text not null,
	-- Sealed, see src/sealing.
	password text not null,
	attributes jsonb not null,
	contact_token text not null constraint accounts_contact_token unique,
	registration_generation integer not null default 1,
	version integer not null default 1,
	disabled boolean not null default false,
	created_at_ms double precision not null default vigil.now_ms(),
	constraint accounts_owner unique (tenant_id, id)
);
-- Host names are equal whatever their case, user parts are not (RFC 3261 19.1.4).
create unique index accounts_address on vigil.accounts (tenant_id, username, lower(domain));
create index accounts_by_age on vigil.accounts (tenant_id, created_at_ms, id);
alter table vigil.accounts enable row level security;
create policy own_tenant on vigil.accounts to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.accounts to vigil_tenant;

-- A table of its own: written often and by workers, while accounts are written by tenants.
create table vigil.registration_status (
	account_id text primary key constraint registration_status_account references vigil.accounts on delete cascade,
	tenant_id text not null,
	state text not null,
	since_ms double precision not null,
	reason text,
	sip_status integer,
	granted_expires_seconds double precision,
	next_attempt_ms double precision,
	target text,
	account_version integer not null
);
alter table vigil.registration_status enable row level security;
create policy own_tenant on vigil.registration_status to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.registration_status to vigil_tenant;

create table vigil.enrolments (
	code_digest text primary key,
	tenant_id text not null,
	account_id text not null,
	expires_at_ms double precision not null,
	constraint enrolments_account foreign key (tenant_id, account_id)
		references vigil.accounts (tenant_id, id) on delete cascade
);
create index enrolments_by_account on vigil.enrolments (tenant_id, account_id);
alter table vigil.enrolments enable row level security;
create policy own_tenant on vigil.enrolments to vigil_tenant using (tenant_id = vigil.current_tenant());
grant select, insert, update, delete on vigil.enrolments to vigil_tenant;
