import type { Clock, Logger } from '@vigil/runtime'
import type { Settings } from '../settings.ts'
import { type Certificate, CertificateWatch } from './certificate-watch.ts'
import { readTls, type SettingFiles } from './setting-files.ts'

/** The certificates of a process, by whose they are: of the edge, and of the control API. */
type Whose = 'tls' | 'apiTls'

/** Watches the files of the certificates that there are; `users` take a renewed one. */
export function watchCertificates(
	settings: Settings,
	files: SettingFiles,
	users: Readonly<Record<Whose, (renewed: Certificate) => void>>,
	{ clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): CertificateWatch[] {
	return (['tls', 'apiTls'] as const).flatMap((whose) => {
		const present = files[whose]
		if (!present) return []
		const read = async () => (await readTls(settings, whose)) ?? present
		return [new CertificateWatch(present, { read, use: users[whose], clock, logger: logger.child({ part: whose }) })]
	})
}

/** Watches no longer. */
export function stopAll(watches: readonly CertificateWatch[]): void {
	for (const watch of watches) watch.stop()
}
