import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytes, request, text } from '../../test/messages.ts'
import { check } from '../../test/property.ts'
import type { DialogNames, DialogReference } from './names.ts'
import { replacedDialog } from './reference-fields.ts'
import { renameDialogs } from './rename-dialogs.ts'

/** `ours` on one side is `theirs` on the other, `l` is `L` and `r` is `R`; `<sip:us@here>` stands for `<sip:them@there;x=1>`. */
const NAMES: DialogNames = {
	dialog: ({ callId, tags }) =>
		callId === 'ours@a' ? { callId: 'theirs@b', tags: [tag(tags[0]), tag(tags[1])] } : undefined,
	callId: (callId) => (callId === 'ours@a' ? 'theirs@b' : undefined),
	target: (uri) => (uri.startsWith('sip:us@here') ? 'sip:them@there;x=1?Subject=gone' : undefined),
}

function tag(text: string | undefined): string | undefined {
	return text?.toUpperCase()
}

function renamed(name: string, value: string, names = NAMES): string | undefined {
	return renameDialogs(request('REFER', [[name, value]]), names).headers.get(name)
}

function body(xml: string, names = NAMES, fields: readonly (readonly [string, string])[] = []): string {
	const notify = request(
		'NOTIFY',
		[['Content-Type', 'application/dialog-info+xml; charset=utf-8'], ...fields],
		bytes(xml),
	)
	return text(renameDialogs(notify, names).body)
}

describe('dialogs that a request names', () => {
	it.each([
		['Replaces', 'ours@a;to-tag=l;from-tag=r;early-only', 'theirs@b;to-tag=L;from-tag=R;early-only'],
		['Replaces', ' ours@a ; from-tag=r ;to-tag=l', 'theirs@b;from-tag=R;to-tag=L'],
		['Join', 'ours@a;from-tag=r;to-tag=l', 'theirs@b;from-tag=R;to-tag=L'],
		['Target-Dialog', 'ours@a;local-tag=l;remote-tag=r;x=y', 'theirs@b;local-tag=L;remote-tag=R;x=y'],
		['In-Reply-To', 'other@x, ours@a', 'other@x, theirs@b'],
		['Event', 'dialog;call-id="ours@a";from-tag=r;to-tag=l', 'dialog;call-id="theirs@b";from-tag=R;to-tag=L'],
	])('have the names of the other side in %s', (name, value, expected) => {
		expect(renamed(name, value)).toBe(expected)
	})

	it.each([
		['Replaces', 'other@x;to-tag=l;from-tag=r'],
		['Replaces', ';;'],
		['In-Reply-To', 'other@x ,  third@x'],
		['Event', 'refer;id=93809824'],
		['Refer-To', 'sip:carol@pbx.example'],
		['Refer-To', '<tel:+15550001>'],
		['Refer-To', '<sip:carol@pbx.example?Replaces=other%40x%3Bto-tag%3Dl%3Bfrom-tag%3Dr&X=%41>'],
		['Subject', 'ours@a'],
	])('stay as they are where they are none of ours: %s: %s', (name, value) => {
		const whole = request('REFER', [[name, value]])
		expect(renameDialogs(whole, NAMES)).toBe(whole)
	})

	it('are found within Refer-To, escapes and all (RFC 5589 7.3)', () => {
		expect(
			renamed(
				'Refer-To',
				'"C" <sips:carol@pbx.example;user=phone?Require=replaces&Replaces=ours%40a%3bto-tag%3Dl%3Bfrom-tag%3Dr>;x=1',
			),
		).toBe(
			'"C" <sips:carol@pbx.example;user=phone?Require=replaces&Replaces=theirs%40b%3Bto-tag%3DL%3Bfrom-tag%3DR>;x=1',
		)
		expect(renamed('r', '<sip:c@d?In-Reply-To=ours%40a>')).toBe('<sip:c@d?In-Reply-To=theirs%40b>')
	})

	it('are found where Refer-To asks for a request within one (RFC 3515)', () => {
		expect(
			renamed(
				'Refer-To',
				'<sip:c@d;method=BYE?Call-ID=ours%40a&From=%3Csip:a@b%3E%3Btag%3Dl&To=%3Csip:c@d%3E%3Btag%3Dr>',
			),
		).toBe('<sip:c@d;method=BYE?Call-ID=theirs%40b&From=%3Csip:a%40b%3E%3Btag%3DL&To=%3Csip:c%40d%3E%3Btag%3DR>')
		expect(renamed('Refer-To', '<sip:c@d?Call-ID=ours%40a>')).toBe('<sip:c@d?Call-ID=theirs%40b>')
	})

	it('are reached by the URI of the far end, not by ours', () => {
		expect(renamed('Refer-To', '<sip:us@here;transport=tcp?Replaces=ours%40a%3Bto-tag%3Dl%3Bfrom-tag%3Dr>')).toBe(
			'<sip:them@there;x=1?Replaces=theirs%40b%3Bto-tag%3DL%3Bfrom-tag%3DR>',
		)
		expect(renamed('Refer-To', 'sip:us@here')).toBe('<sip:them@there;x=1>')
	})

	it('are read from Replaces by who has to take the call', () => {
		expect(replacedDialog(request('INVITE', [['Replaces', 'c@d;to-tag=t;from-tag=f']]))).toEqual({
			callId: 'c@d',
			tags: ['t', 'f'],
		})
		expect(replacedDialog(request('INVITE'))).toBeUndefined()
	})
})

describe('dialogs in the body of a NOTIFY (RFC 4235)', () => {
	it('have the names of the other side, and nothing else changes', () => {
		const xml = `<?xml version="1.0"?>
<!-- <dialog call-id="ours@a" local-tag="l"/> -->
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:alice@pbx.example">
  <dialog id="as7d900as8" call-id = 'ours@a' local-tag="l"
    remote-tag="r" direction="initiator"><state event="replaced">confirmed</state>
    <d:replaces call-id="other@x" local-tag="l" remote-tag="r"/><![CDATA[<dialog call-id="ours@a">]]></dialog>
  <dialog id="2" call-id="ours@a" local-tag="l"/><dialog id="3" call-id="ours@a"></dialog>
</dialog-info>`
		expect(body(xml)).toBe(
			xml
				.replace(
					`call-id = 'ours@a' local-tag="l"\n    remote-tag="r"`,
					`call-id = 'theirs@b' local-tag="L"\n    remote-tag="R"`,
				)
				.replace('id="2" call-id="ours@a" local-tag="l"', 'id="2" call-id="theirs@b" local-tag="L"')
				.replace('id="3" call-id="ours@a"', 'id="3" call-id="theirs@b"'),
		)
	})

	it('are written with escapes and read without', () => {
		const names: DialogNames = { ...NAMES, dialog: ({ callId, tags }) => ({ callId: `${callId}'>`, tags }) }
		expect(body('<d call-id="a&amp;&#x22;&#60;" local-tag="&apos;"/>', names)).toBe(
			'<d call-id="a&amp;&quot;&lt;&apos;&gt;" local-tag="&apos;"/>',
		)
	})

	it.each([
		'<dialog call-id="ours@a" local-tag="l"><broken',
		'<dialog call-id="ours@a" local-tag="l"/><!-- never ends',
		'<!DOCTYPE x [<!ENTITY e "x">]><dialog call-id="ours@a" local-tag="l"/>',
		'<dialog call-id="ours@a local-tag="l"/>',
		'no xml',
	])('are left alone in what cannot be read: %s', (xml) => {
		expect(body(xml)).toBe(xml)
	})

	it('are left alone in other bodies, in coded ones and in very large ones', () => {
		const xml = '<dialog call-id="ours@a" local-tag="l"/>'
		expect(body(xml, NAMES, [['Content-Type', 'application/xml']])).toBe(xml)
		expect(body(xml, NAMES, [['Content-Encoding', 'gzip']])).toBe(xml)
		const large = xml + ' '.repeat(65_536)
		expect(body(large)).toBe(large)
		expect(body(xml)).toBe('<dialog call-id="theirs@b" local-tag="L"/>')
	})
})

describe('whatever a stranger writes', () => {
	const piece = fc.constantFrom(
		'<',
		'>',
		'"',
		"'",
		'=',
		'&',
		';',
		'?',
		'%',
		'<dialog',
		' call-id="ours@a"',
		' local-tag="l"',
		'/>',
		'<!--',
		'sip:a@b',
		'\n',
	)
	const noise = fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 40 }).map((parts) => parts.join(''))

	it('comes out as it went in when none of our dialogs is named', () => {
		const nobody: DialogNames = { dialog: () => undefined, callId: () => undefined, target: () => undefined }
		const fields = fc.constantFrom('Refer-To', 'Replaces', 'In-Reply-To', 'Event', 'Join')
		check(
			fc.property(fields, noise, (name, value) => {
				const whole = request(
					'NOTIFY',
					[
						[name, value],
						['Content-Type', 'application/dialog-info+xml'],
					],
					bytes(value),
				)
				expect(renameDialogs(whole, nobody)).toBe(whole)
			}),
		)
	})

	it('never makes it throw', () => {
		const swap = ({ callId, tags }: DialogReference) => ({ callId: `${callId}x`, tags })
		const forth: DialogNames = { dialog: swap, callId: (id) => `${id}x`, target: () => undefined }
		check(
			fc.property(noise, (value) => {
				const whole = request(
					'NOTIFY',
					[
						['Refer-To', value],
						['Content-Type', 'application/dialog-info+xml'],
					],
					bytes(value),
				)
				expect(renameDialogs(whole, forth).kind).toBe('request')
			}),
		)
	})
})
