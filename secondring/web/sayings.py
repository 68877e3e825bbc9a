"""What a page may say once after a form was sent, by name: nothing that anybody sends is ever repeated."""

SAYINGS = {
    "signed-out": "You are signed out.",
    "password-changed": "Your password is changed. Your other sessions have ended.",
    "session-ended": "That session has ended.",
    "sessions-ended": "All your other sessions have ended.",
}
