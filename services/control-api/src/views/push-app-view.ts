import type { PushAppView } from '@vigil/contracts'
import type { PushApp } from '@vigil/domain'
import { instant } from './instant.ts'

/** A push app as shown; its secret is never read here. */
export function pushAppView(app: PushApp): PushAppView {
	return { id: app.id, name: app.name, version: app.version, createdAt: instant(app.createdAtMs), ...app.settings }
}
