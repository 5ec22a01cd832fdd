import { buildRequest, buildResponse } from '@vigil/sip'
import { expect, it } from 'vitest'
import { withProduct } from './product.ts'

const request = (headers: [string, string][] = []) =>
	buildRequest({ method: 'OPTIONS', uri: 'sip:a@b', headers: [['CSeq', '1 OPTIONS'], ...headers] })

it('names the product where nobody is named, and changes nothing else', () => {
	const bare = request()
	expect(withProduct(bare, 'Vigil/1').headers.get('User-Agent')).toBe('Vigil/1')
	expect(bare.headers.has('User-Agent')).toBe(false)
	expect(withProduct(buildResponse(bare, 200), 'Vigil/1').headers.get('Server')).toBe('Vigil/1')
	const phone = request([['User-Agent', 'Phone/2']])
	expect(withProduct(phone, 'Vigil/1')).toBe(phone)
	expect(withProduct(bare, undefined)).toBe(bare)
})
