import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServerCertificate } from '@vigil/testkit'

/** What becomes of a second binding; `../kamailio/variants/` says it for each. */
export type KamailioVariant =
	| 'multi'
	| 'overwrite'
	| 'reject'
	| 'nat-sbc'
	| 'nat-strict'
	| 'nat-queries'
	| 'first-contact'
	| 'freeswitch'
	| 'connection'

export interface KamailioOptions {
	readonly password: string
	/** Default `multi`. */
	readonly variant?: KamailioVariant
	/** Digest algorithm; `both` offers MD5 and SHA-256 and takes SHA-256. Default MD5. */
	readonly algorithm?: 'MD5' | 'SHA-256' | 'both'
	/** Listens for TLS too. */
	readonly certificate?: ServerCertificate
	/** Listens for UDP and TCP on ::1 too. */
	readonly ipv6?: boolean
	/** Takes WebSocket handshakes on its TCP port. */
	readonly webSocket?: boolean
	/** Longest binding that it grants, seconds; default 3600. */
	readonly maxExpiresSeconds?: number
	/** `counted`: a nonce count that does not rise is refused; `one-time`: a nonce serves one request. Default: lasts five minutes. */
	readonly nonces?: 'lasting' | 'counted' | 'one-time'
	/** Asks for a proof (407) for every INVITE and BYE; nobody calls without. Default no. */
	readonly challengeCalls?: boolean
}

/** An SBC that keeps the way through a NAT open has its phones come back often. */
const NAT_EXPIRES_SECONDS = 60

export interface KamailioPorts {
	readonly port: number
	readonly tlsPort: number
}

/** Writes the configuration with all that it names into the folder; gives its path. */
export async function writeKamailioConfig(
	folder: string,
	{ port, tlsPort }: KamailioPorts,
	options: KamailioOptions,
): Promise<string> {
	const { certificate, algorithm = 'MD5', variant = 'multi' } = options
	const { maxExpiresSeconds = variant.startsWith('nat-') ? NAT_EXPIRES_SECONDS : 3600 } = options
	const [keyPath, certificatePath] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
	if (certificate) {
		await writeFile(keyPath, certificate.key)
		await writeFile(certificatePath, certificate.cert)
	}
	const values = {
		PORT: String(port),
		TLS_PORT: String(tlsPort),
		TLS_KEY: keyPath,
		TLS_CERTIFICATE: certificatePath,
		PASSWORD: options.password,
		ALGORITHM: algorithm === 'MD5' ? 'MD5' : 'SHA-256',
		VARIANT: fileURLToPath(new URL(`../kamailio/variants/${variant}.cfg`, import.meta.url)),
		MAX_EXPIRES: String(maxExpiresSeconds),
		MIN_EXPIRES: String(Math.min(10, maxExpiresSeconds)),
	}
	let text = await readFile(new URL('../kamailio/registrar.cfg', import.meta.url), 'utf8')
	for (const [name, value] of Object.entries(values)) text = text.replaceAll(`@${name}@`, value)
	const path = join(folder, 'kamailio.cfg')
	await writeFile(path, text.replace('#!KAMAILIO\n', `#!KAMAILIO\n${partsOf(options).join('')}`))
	return path
}

function partsOf({ algorithm, certificate, ipv6, webSocket, nonces, challengeCalls }: KamailioOptions): string[] {
	const parts = {
		OFFER_BOTH: algorithm === 'both',
		WITH_TLS: certificate !== undefined,
		WITH_IPV6: ipv6 === true,
		WITH_WEBSOCKET: webSocket === true,
		COUNT_NONCES: nonces === 'counted',
		ONE_TIME_NONCES: nonces === 'one-time',
		CHALLENGE_CALLS: challengeCalls === true,
	}
	return Object.entries(parts).flatMap(([name, chosen]) => (chosen ? [`#!define ${name}\n`] : []))
}
