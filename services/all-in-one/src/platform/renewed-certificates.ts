import type { Clock, Logger } from '@vigil/runtime'
import type { Settings } from '../settings.ts'
import { type Certificate, CertificateWatch } from './certificate-watch.ts'
import { readTls, type SettingFiles } from './setting-files.ts'

type Use = (renewed: Certificate) => void

/** Watches the certificates that the settings name, and hands renewed ones on; returns what ends it. */
export function watchCertificates(
	settings: Settings,
	files: SettingFiles,
	uses: { readonly tls: Use; readonly apiTls: Use },
	common: { readonly clock: Clock; readonly logger: Logger },
): () => void {
	const watches = (['tls', 'apiTls'] as const).flatMap((whose) => {
		const present = files[whose]
		if (!present) return []
		const read = async () => (await readTls(settings, whose)) ?? present
		return [new CertificateWatch(present, { read, use: uses[whose], ...common })]
	})
	return () => {
		for (const watch of watches) watch.stop()
	}
}
