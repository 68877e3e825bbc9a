"""What a page may say once after a form was sent, by name: nothing that anybody sends is ever repeated."""

SAYINGS = {
    "signed-out": "You are signed out.",
    "password-changed": "Your password is changed. Your other sessions have ended.",
    "session-ended": "That session has ended.",
    "still-here": "You stay signed in.",
    "taken": "It is yours.",
    "released": "You gave it back.",
    "finished": "Done.",
    "noted": "Your note is kept.",
    "given": "It is theirs now.",
    "put-off": "It will come back.",
    "calling": "Your phone rings. Pick up, and the patient is called.",
    "sent": "Your text is on its way.",
    "signed": "You have signed for it.",
    "taking": "Your phone rings. Pick up and press 1.",
    "sessions-ended": "All your other sessions have ended.",
}
