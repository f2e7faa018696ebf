"""Files that people send us: straight to where they are kept, checked there, moved, and told to whoever waits for them.

What a file is for is a `Purpose` (purposes.py), a class that settings.UPLOAD_PURPOSES names. To add one:

1. A model with a key, a state and a date, and a `Purpose` over it: its name (part of the key), the kinds of file it takes,
   the most bytes, and what becomes of the row (`awaits`, `accept`, `refuse`, `awaited`).
2. A page: save `purpose.new_key()` in a row, then show `purpose.form(key, kind, back_to)` as a plain HTML form with a file
   field named `file`, last. The file goes past us. The page needs leave to post there: `allow_form_to(response, form)`.
3. The page at `back_to`, where the store sends the browser afterwards: `receive_upload.enqueue(key)`, and say how it stands.
   Of the staff's pages app/site/staff/uploads.py makes 2 and 3.
4. Later: `store().address(...)` to download it, `store().fetch(key, file)` to read it, `store().delete(key)`.

A file lies in quarantine until `receive` has looked at it: size and content, not what its name says. That is called by S3's
notification (events.py), by the job of the page above, and by a sweep every hour (schedule.py), in any order and number:
the row's lock lets one of them move the file, and the others find nothing left to do.

UPLOADS says where: `s3://bucket/` (bucket.py) when deployed, a folder (folder.py, views.py) on a developer's machine.
"""
