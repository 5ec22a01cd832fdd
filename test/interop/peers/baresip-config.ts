const MODULES = '/usr/lib/baresip/modules'

/** baresip's `config`: one UDP and TCP port of 127.0.0.1, no screen, silence for sound, many calls at a time. */
export function baresipConfig({ port, controlPort }: { readonly port: number; readonly controlPort: number }): string {
	return [
		`sip_listen 127.0.0.1:${port}`,
		'net_interface 127.0.0.1',
		'call_max_calls 100',
		'call_local_timeout 30',
		'audio_player aubridge,nil',
		'audio_source aubridge,nil',
		'audio_alert aubridge,nil',
		'rtp_ports 20000-29999',
		`module_path ${MODULES}`,
		'module g711.so',
		'module aubridge.so',
		'module_tmp uuid.so',
		'module_tmp account.so',
		'module_app menu.so',
		'module_app ctrl_tcp.so',
		`ctrl_tcp_listen 127.0.0.1:${controlPort}`,
		'',
	].join('\n')
}
