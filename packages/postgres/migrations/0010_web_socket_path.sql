alter table vigil.accounts
	-- Path of the URL where the SIP server takes WebSocket connections; '/' where it is not said.
	add column web_socket_path text;
