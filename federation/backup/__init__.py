"""A backup of a federation API: all keys of its etcd as of one revision, in one file, and the way back.

    keys, archive, plan     whose a key is; the file's form; what a restore writes (pure)
    files                   the file on disk
    store, plane            etcd; the programs that use it
    take, restore           what the commands do

Keys and values are copied as they are, so that UIDs, owners and statuses are what they were: members then hold the
objects that the federation API knows, and nothing is made anew on them.
"""
