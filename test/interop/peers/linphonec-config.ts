/** What linphonec is told before it starts. */
export interface LinphonecConfig {
	/** Name and password of the digest. */
	readonly login: { readonly user: string; readonly password: string }
	/** First port of its media. */
	readonly mediaPort: number
}

/**
 * linphonec's configuration: SIP ports of its own choice, files for sound, IPv4. It takes a machine without a route to the
 * Internet for one without a network; a test needs none, so it is told not to look.
 */
export function linphonecConfig({ login, mediaPort }: LinphonecConfig): string {
	return [
		'[sip]',
		'sip_port=-1',
		'sip_tcp_port=-1',
		'use_ipv6=0',
		// No GRUU: Kamailio makes them without its port, and finds itself no more.
		'supported=replaces, outbound',
		'guess_hostname=0',
		'auto_net_state_mon=0',
		'register_only_when_network_is_up=0',
		'[rtp]',
		`audio_rtp_port=${mediaPort}`,
		'nortp_timeout=600',
		'[sound]',
		'use_files=1',
		'[video]',
		'enabled=0',
		'capture=0',
		'display=0',
		'[auth_info_0]',
		`username=${login.user}`,
		`passwd=${login.password}`,
		'',
	].join('\n')
}
