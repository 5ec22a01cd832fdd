-- Limits by name, as {"heldCalls": 5}; what is absent holds as the process says, and an account's never goes beyond its tenant's.
alter table vigil.tenant_settings add column limits jsonb;
alter table vigil.accounts add column limits jsonb;
