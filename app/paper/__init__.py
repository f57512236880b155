"""Paper: what is printed and what is handed on as a table. Data in, bytes out; the same data, the same bytes.

`app.paper.prints` makes A4 pages (PDF) of a published list, a hold notice, the case sheet of a find and the
report of a shift; `app.paper.sheets` makes CSV and XLSX. Nothing is fetched from anywhere: fonts lie in
``app/fonts``, pictures are drawn, and whatever a text from outside says is shown as text.
"""
