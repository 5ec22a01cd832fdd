import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError } from '@vigil/runtime'
import type { Settings } from '../settings.ts'
import type { Certificate } from './certificate-watch.ts'

/** What the files hold that settings name. */
export interface SettingFiles {
	/** Certificate chain and private key of the edge, PEM. */
	readonly tls?: Certificate
	/** The same of the control API. */
	readonly apiTls?: Certificate
	/** Certificates trusted for SIP servers, PEM. */
	readonly upstreamCa?: string
}

/** Reads the files that settings name. Throws ConfigError, in one sentence, for one that cannot be used. */
export async function readSettingFiles(settings: Settings): Promise<SettingFiles> {
	const { upstreamCa } = settings
	const [tls, apiTls] = [await readTls(settings, 'tls'), await readTls(settings, 'apiTls')]
	return {
		...(tls && { tls }),
		...(apiTls && { apiTls }),
		...(upstreamCa !== undefined && { upstreamCa: await readCertificates('VIGIL_UPSTREAM_CA', upstreamCa) }),
	}
}

const PREFIXES = { tls: 'VIGIL_TLS', apiTls: 'VIGIL_API_TLS' } as const

/** The certificate of the edge (`tls`) or of the control API, undefined where none is set. Throws ConfigError. */
export async function readTls(settings: Settings, whose: keyof typeof PREFIXES): Promise<Certificate | undefined> {
	const { [`${whose}Certificate` as const]: certificatePath, [`${whose}Key` as const]: keyPath } = settings
	if (certificatePath === undefined || keyPath === undefined) return undefined
	const prefix = PREFIXES[whose]
	const cert = await readCertificates(`${prefix}_CERTIFICATE`, certificatePath)
	const key = await readText(`${prefix}_KEY`, keyPath)
	if (!new X509Certificate(cert).checkPrivateKey(privateKey(`${prefix}_KEY`, key, keyPath))) {
		throw new ConfigError(`${prefix}_KEY: ${keyPath} does not belong to the certificate in ${certificatePath}`)
	}
	return { cert, key }
}

async function readCertificates(setting: string, path: string): Promise<string> {
	const text = await readText(setting, path)
	try {
		new X509Certificate(text)
		return text
	} catch {
		throw new ConfigError(`${setting}: ${path} holds no certificate in PEM form`)
	}
}

function privateKey(setting: string, text: string, path: string): KeyObject {
	try {
		return createPrivateKey(text)
	} catch {
		throw new ConfigError(`${setting}: ${path} holds no private key in PEM form, or one with a pass phrase`)
	}
}

async function readText(setting: string, path: string): Promise<string> {
	try {
		return await readFile(path, 'utf8')
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException
		throw new ConfigError(`${setting}: ${path} ${REASONS[code ?? ''] ?? `cannot be read (${code})`}`)
	}
}

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: 'does not exist',
	EACCES: 'may not be read by this user',
	EISDIR: 'is a folder',
}
