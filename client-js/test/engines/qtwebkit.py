"""A page in QtWebKit, driven by lines of JSON on stdin, each of which is answered by one on stdout.

The first line out is {"version": …}. Arguments are the globals that pages are not to have.
"""

import json
import sys

from PyQt5.QtCore import QSocketNotifier, QUrl
from PyQt5.QtWebKit import qWebKitVersion
from PyQt5.QtWebKitWidgets import QWebPage
from PyQt5.QtWidgets import QApplication


class Page(QWebPage):
    def javaScriptConsoleMessage(self, message, line, source):
        print(f"{source}:{line}: {message}", file=sys.stderr, flush=True)


def main():
    app = QApplication(sys.argv[:1])
    missing = sys.argv[1:]
    page = Page()
    frame = page.mainFrame()
    forget = "".join(f"delete window[{json.dumps(name)}];" for name in missing)
    frame.javaScriptWindowObjectCleared.connect(lambda: frame.evaluateJavaScript(forget))

    def say(**answer):
        print(json.dumps(answer), flush=True)

    def obey():
        line = sys.stdin.readline()
        if not line:
            return app.quit()
        order = json.loads(line)
        if "open" in order:
            frame.load(QUrl(order["open"]))  # answered once it has loaded
        else:
            say(value=frame.evaluateJavaScript(order["evaluate"]))

    frame.loadFinished.connect(lambda ok: say(value=None) if ok else say(error="the page did not load"))
    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Read)
    notifier.activated.connect(obey)
    say(version=qWebKitVersion())
    app.exec_()


main()
