/**
 * away      the devices are away and the service holds, or is about to
 * releasing single-device emulation: the service lets go before a device may register
 * checking  asking the registrar what it has, before the holder changes
 * waiting   what it has is in the way; asked again at `dueAtMs`
 * swapping  single-device emulation: one REGISTER that binds the service and removes the device's binding is under way
 * offering  single-device emulation: the service is bound, and a device may take its place by one REGISTER
 * devices   the devices hold, or may
 * off       nothing is to be held
 */
export type HoldingPhase = 'off' | 'away' | 'releasing' | 'checking' | 'waiting' | 'devices' | 'swapping' | 'offering'
