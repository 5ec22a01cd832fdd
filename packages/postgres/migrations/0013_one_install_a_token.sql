alter table vigil.push_tokens
	-- When the provider took a push for it for the first time; from then on a provider that does not know it is in doubt.
	add column accepted_at_ms double precision,
	-- Since when, and with which words, the provider refuses it for a fault of the push app's set-up.
	add column refused_at_ms double precision,
	add column refused_reason text;

-- Whether it was taken is not known of older ones: none is to be lost to a wrong setting.
update vigil.push_tokens set accepted_at_ms = registered_at_ms where retired_at_ms is null;

-- A provider's token names one install of the app: that of the device that handed it in last.
update vigil.push_tokens t set retired_at_ms = vigil.now_ms(), retired_reason = 'handed in by another install'
where t.retired_at_ms is null and exists (
	select from vigil.push_tokens n where n.push_app_id = t.push_app_id and n.token = t.token and n.device_id <> t.device_id
		and n.retired_at_ms is null and (n.registered_at_ms, n.id) > (t.registered_at_ms, t.id)
);
create unique index push_tokens_one_install on vigil.push_tokens (tenant_id, push_app_id, token, kind)
	where retired_at_ms is null;
