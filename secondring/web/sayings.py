"""What a page may say once after a form was sent, by name: nothing that anybody sends is ever repeated."""

SAYINGS = {
    "signed-out": "You are signed out.",
    "password-changed": "Your password is changed. Your other sessions have ended.",
    "session-ended": "That session has ended.",
    "settings-kept": "Kept. It is in force within seconds.",
    "settings-waiting": "Kept. Part of it takes effect at the next start of the service.",
    "settings-same": "Nothing was changed: it is so already.",
    "settings-back": "Everything set on screen is as it was in that version.",
    "user-changed": "Changed. It counts from now on.",
    "user-disabled": "Disabled and signed out everywhere. A new first password lets them in again.",
    "user-signed-out": "Signed out everywhere.",
    "setup-left": "The first steps wait under Settings.",
    "sessions-ended": "All your other sessions have ended.",
}
