alter table vigil.devices
	-- The first offer of digests that the device has answered at the edge: 'all' or 'md5'.
	add column answered_offer text;
