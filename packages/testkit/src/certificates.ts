import { isIP } from 'node:net'

export interface ServerCertificate {
	/** Private key, PEM. */
	readonly key: string
	/** Certificate chain without the authority, PEM. */
	readonly cert: string
}

export interface CertificateAuthority {
	/** The authority's own certificate, PEM: what a client has to trust. */
	readonly cert: string
	/** A server certificate for DNS names and IP addresses, valid for a year. */
	issue(names: readonly string[]): Promise<ServerCertificate>
}

/** Makes an authority of its own; nothing outside the test trusts it. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
	const { generate } = await loadGenerator()
	const authority = await generate([{ name: 'commonName', value: 'Vigil test authority' }], {
		keyType: 'ec',
		algorithm: 'sha256',
		extensions: [
			{ name: 'basicConstraints', cA: true, critical: true },
			{ name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
		],
	})
	return {
		cert: authority.cert,
		issue: (names) => issueServerCertificate(names, { key: authority.private, cert: authority.cert }),
	}
}

async function issueServerCertificate(
	names: readonly string[],
	ca: { key: string; cert: string },
): Promise<ServerCertificate> {
	const [commonName] = names
	if (commonName === undefined) throw new RangeError('a server certificate needs a name')
	const { generate } = await loadGenerator()
	const issued = await generate([{ name: 'commonName', value: commonName }], {
		keyType: 'ec',
		algorithm: 'sha256',
		ca,
		extensions: [
			{ name: 'basicConstraints', cA: false },
			{ name: 'keyUsage', digitalSignature: true },
			{ name: 'extKeyUsage', serverAuth: true, clientAuth: true },
			{ name: 'subjectAltName', altNames: names.map(alternativeName) },
		],
	})
	return { key: issued.private, cert: issued.cert }
}

/** Loaded when it is needed: it is large, and most tests want other parts of this package. */
function loadGenerator(): Promise<typeof import('selfsigned')> {
	return import('selfsigned')
}

function alternativeName(name: string): { type: 2; value: string } | { type: 7; ip: string } {
	return isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name }
}

let shared: Promise<CertificateAuthority> | undefined

/** One authority for the whole process, so that every test server is trusted by one `ca`. */
export function testAuthority(): Promise<CertificateAuthority> {
	shared ??= createCertificateAuthority()
	return shared
}
