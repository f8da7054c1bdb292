head -c 32 /dev/urandom > recovery.key
chmod 600 recovery.key
