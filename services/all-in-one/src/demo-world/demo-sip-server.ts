import {
	type ScriptedCall,
	type ScriptedCaller,
	type ScriptedRegistrar,
	startScriptedCaller,
	startScriptedRegistrar,
} from '@vigil/testkit'

/** The customer's SIP server of the demo, with one user and somebody who calls. */
export class DemoSipServer {
	static readonly REALM = 'pbx.demo'
	readonly registrar: ScriptedRegistrar

	private constructor(registrar: ScriptedRegistrar) {
		this.registrar = registrar
	}

	/** Where it listens. */
	static address(port: number): { readonly host: string; readonly port: number } {
		return { host: '127.0.0.1', port }
	}

	/** Listens on loopback by UDP and TCP. Throws when the port is taken. */
	static async start(users: Readonly<Record<string, string>>, port = 0): Promise<DemoSipServer> {
		return new DemoSipServer(await startScriptedRegistrar({ users, realm: DemoSipServer.REALM, port }))
	}

	/** `host:port`, as the domain of accounts. */
	get domain(): string {
		return `${this.registrar.host}:${this.registrar.port}`
	}

	/** Somebody outside who can dial users of the server. */
	caller(displayName = 'Bob Caller'): Promise<ScriptedCaller> {
		const { host, port } = this.registrar
		return startScriptedCaller({
			uri: `sip:bob@${DemoSipServer.REALM}`,
			displayName,
			server: { host, port, transport: 'udp' },
		})
	}

	async dial(caller: ScriptedCaller, user: string): Promise<ScriptedCall> {
		return caller.invite(`sip:${user}@${this.domain}`)
	}

	close(): Promise<void> {
		return this.registrar.close()
	}
}
