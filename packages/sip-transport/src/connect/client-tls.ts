import { createHash } from 'node:crypto'
import type { ClientTls } from '../tls-options.ts'

/** Node's options for verifying a server: on, unless `insecure` says otherwise. */
export function clientTlsOptions(tls: ClientTls = {}) {
	const { ca, cert, key, minVersion = 'TLSv1.2', insecure = false } = tls
	return {
		minVersion,
		rejectUnauthorized: !insecure,
		...(ca === undefined ? {} : { ca: pem(ca) }),
		...(cert === undefined ? {} : { cert: pem(cert) }),
		...(key === undefined ? {} : { key: pem(key) }),
	}
}

/** The same text for the same security: only connections that were verified alike may be shared. */
export function tlsIdentity(tls: ClientTls | undefined): string {
	if (!tls) return ''
	const { servername = '', minVersion = '', insecure = false, ca, cert, key } = tls
	const hash = createHash('sha256')
	for (const part of [ca, cert, key]) hash.update(part === undefined ? '-' : pem(part)).update('\0')
	return [servername.toLowerCase(), minVersion, insecure, hash.digest('base64')].join(' ')
}

function pem(value: string | Uint8Array): string | Buffer {
	return typeof value === 'string' ? value : Buffer.from(value)
}
