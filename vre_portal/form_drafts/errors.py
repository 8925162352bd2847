"""What is raised where a form can no longer be sent, for a reason that its sender could not know."""


class FormClosed(Exception):
    """The sender had the right to send this form, or the form was open, until a moment ago; the text says what happened.

    Mixed into the error that a page without a form answers with. Never raised for somebody who had no such right.
    """
