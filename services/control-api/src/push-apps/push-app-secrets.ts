import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { CreatePushAppRequest, ReplacePushAppRequest } from '@vigil/contracts'
import { type PushAppSettings, Secret } from '@vigil/domain'
import { invalidField } from '../problems/problem-error.ts'

/** The settings of a push app, without its secret. */
export function settingsOf(request: CreatePushAppRequest | ReplacePushAppRequest): PushAppSettings {
	const { digestAlgorithms, endpoint, endpointCa } = request
	if (endpointCa !== undefined) checkCertificates(endpointCa)
	if (endpointCa !== undefined && endpoint === undefined) {
		throw invalidField('endpointCa', 'needs_endpoint', 'is only used with an endpoint of your own')
	}
	const common = {
		...(digestAlgorithms === undefined ? {} : { digestAlgorithms }),
		...(endpoint === undefined ? {} : { endpoint }),
		...(endpointCa === undefined ? {} : { endpointCa }),
	}
	if (request.provider === 'fcm') return { provider: 'fcm', projectId: request.projectId, ...common }
	const { provider, bundleId, teamId, keyId, environment } = request
	return { provider, bundleId, teamId, keyId, environment, ...common }
}

/** The secret of a push app in the form that the senders read; undefined when the request has none. */
export function secretOf(request: CreatePushAppRequest | ReplacePushAppRequest): Secret | undefined {
	if (request.provider === 'apns') {
		if (request.privateKey === undefined) return undefined
		checkApnsKey(request.privateKey)
		return new Secret(request.privateKey)
	}
	const { serviceAccount, accessToken } = request
	if (serviceAccount !== undefined && accessToken !== undefined) {
		throw invalidField('accessToken', 'exclusive', 'cannot be given together with serviceAccount')
	}
	if (accessToken !== undefined && request.endpoint === undefined) {
		throw invalidField('accessToken', 'needs_endpoint', 'is only used with an endpoint of your own')
	}
	if (serviceAccount !== undefined) {
		checkKey('serviceAccount.private_key', serviceAccount.private_key)
		return new Secret(JSON.stringify(serviceAccount))
	}
	return accessToken === undefined ? undefined : new Secret(JSON.stringify({ access_token: accessToken }))
}

/** APNs signs with ES256, so the key is one on the curve P-256. */
function checkApnsKey(pem: string): void {
	const key = checkKey('privateKey', pem)
	if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return
	throw invalidField('privateKey', 'p256', 'must be a key on the curve P-256, as in the .p8 file from Apple')
}

function checkKey(field: string, pem: string) {
	try {
		return createPrivateKey(pem)
	} catch {
		// The reason of the library may quote the key.
		throw invalidField(field, 'pem', 'is not a readable private key')
	}
}

function checkCertificates(pem: string): void {
	const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
	try {
		for (const certificate of certificates) new X509Certificate(certificate)
		if (certificates.length > 0) return
	} catch {
		// Answered below, as is a text without any certificate.
	}
	throw invalidField('endpointCa', 'pem', 'must be one or more PEM certificates')
}
