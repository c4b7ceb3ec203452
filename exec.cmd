@rem Signals to npm must reach kec, not a shell between them: sh has exec built in, and this is it for Windows.
@%*
