import io, json
import pytest
from accounts.actions import create_token
def test_x(inbox, alice):
    from helpdesk.wsgi import application
    from django.core import signals; from django.db import close_old_connections; signals.request_started.disconnect(close_old_connections)
    body=json.dumps({"subject":"a","body":"b","customer":{"email":"d@example.org"}}).encode()
    env={"REQUEST_METHOD":"POST","PATH_INFO":"/api/v1/tickets/","SERVER_NAME":"localhost","SERVER_PORT":"80","wsgi.input":io.BytesIO(body),"CONTENT_LENGTH":str(len(body)),"CONTENT_TYPE":"application/json","HTTP_HOST":"localhost","HTTP_AUTHORIZATION":"Token "+create_token(alice),"wsgi.url_scheme":"http","wsgi.errors":io.StringIO(),"HTTP_IDEMPOTENCY_KEY":"k", "QUERY_STRING":""}
    out=[]
    r=application(env, lambda s,h: out.append(s))
    print(out, b"".join(r)[:200])
    assert out[0].startswith("201")
    from core.models import IdempotencyKey
    print(IdempotencyKey.objects.values())
