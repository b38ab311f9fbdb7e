import time
import pytest
from helpdesk.volume.loader import load
from core import audit

@pytest.mark.django_db(transaction=True)
def test_x():
    list(load(200))
    t=time.time(); c=time.process_time()
    n=sum(load(4200,processes=2)); print(n,"wall",n/(time.time()-t), "cpu", n/(time.process_time()-c))
    t=time.time(); c=time.process_time();audit.seal(everything=True,checkpoint=True); print("seal", time.time()-t,time.process_time()-c)
