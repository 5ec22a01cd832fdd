import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError } from '@vigil/runtime'
import type { Settings } from '../settings.ts'

/** What the files hold that settings name. */
export interface SettingFiles {
	/** Certificate chain and private key of the edge, PEM. */
	readonly tls?: { readonly cert: string; readonly key: string }
	/** Certificates trusted for SIP servers, PEM. */
	readonly upstreamCa?: string
}

/** Reads the files that settings name. Throws ConfigError, in one sentence, for one that cannot be used. */
export async function readSettingFiles(settings: Settings): Promise<SettingFiles> {
	const { tlsCertificate, tlsKey, upstreamCa } = settings
	return {
		...(tlsCertificate !== undefined && tlsKey !== undefined && { tls: await readTls(tlsCertificate, tlsKey) }),
		...(upstreamCa !== undefined && { upstreamCa: await readCertificates('VIGIL_UPSTREAM_CA', upstreamCa) }),
	}
}

async function readTls(certificatePath: string, keyPath: string): Promise<{ cert: string; key: string }> {
	const cert = await readCertificates('VIGIL_TLS_CERTIFICATE', certificatePath)
	const key = await readText('VIGIL_TLS_KEY', keyPath)
	if (!new X509Certificate(cert).checkPrivateKey(privateKey(key, keyPath))) {
		throw new ConfigError(`VIGIL_TLS_KEY: ${keyPath} does not belong to the certificate in ${certificatePath}`)
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

function privateKey(text: string, path: string): KeyObject {
	try {
		return createPrivateKey(text)
	} catch {
		throw new ConfigError(`VIGIL_TLS_KEY: ${path} holds no private key in PEM form, or one with a pass phrase`)
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
