import { describe, expect, it } from 'vitest'
import { Secret } from '../secret.ts'
import {
	type DeviceDigest,
	type DigestOffer,
	digestOffer,
	offeredDigests,
	type SipCredential,
} from './sip-credential.ts'

const secret = new Secret('s')
const BOTH = ['SHA-256', 'MD5'] as const

type Known = Omit<SipCredential, 'secret'> | undefined

describe('the offer of digests', () => {
	it.each<[string, Known, DigestOffer | undefined, readonly DeviceDigest[]]>([
		['a device that nobody knows', undefined, undefined, BOTH],
		['a device that nobody knows and that did not answer', undefined, 'all', ['MD5']],
		['one that did not answer', {}, 'all', ['MD5']],
		['one that did not answer to MD5 either', {}, 'md5', BOTH],
		['one that has answered to MD5 alone', { answeredOffer: 'md5' }, undefined, ['MD5']],
		['one that has, and was killed before it answered again', { answeredOffer: 'md5' }, 'md5', ['MD5']],
		['one that has answered the usual offer', { answeredOffer: 'all' }, 'all', BOTH],
		['an app that knows MD5 only', { digestAlgorithms: ['MD5'] }, undefined, ['MD5']],
		['an app that must not use MD5', { digestAlgorithms: ['SHA-256'] }, 'all', ['SHA-256']],
		['an app, whatever was seen before', { digestAlgorithms: ['SHA-256'], answeredOffer: 'md5' }, 'all', ['SHA-256']],
		['an app that wants MD5 in front', { digestAlgorithms: ['MD5', 'SHA-256'] }, undefined, ['MD5', 'SHA-256']],
	])('for %s', (_, known, ignored, digests) => {
		const credential = known && { secret, ...known }
		expect(offeredDigests(credential, digestOffer(credential, ignored))).toEqual(digests)
	})
})
