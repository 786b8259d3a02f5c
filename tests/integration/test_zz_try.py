import asyncio, re
from tests.support.callback_centre import open_centre
from tests.support.consoles import consoles_opener

async def test_x(open_centre, secrets_env, tmp_path):
    async with consoles_opener(open_centre, secrets_env, tmp_path)() as house:
        c=house.centre
        await c.publish(c.wanted("c1",1,country="JP",topic="disaster",language="ko",urgency="high",caller_tz="Asia/Tokyo",caller_tz_from="country"), c.wanted("c2",2,minutes=0.1,language="en"))
        await c.listed(2)
        async with house.person("minji") as p, house.person("lead") as l, house.person("auditor") as a:
            for who,path in ((p,"/"),(p,"/desk"),(l,"/list"),(l,"/switches"),(a,"/audit"),(p,"/list")):
                r=await who.get(path)
                print(path,r.status_code,len(r.text), r.headers.get("location"))
                if r.status_code>=500 or r.status_code==403: print(r.text[:1500])
            r=await p.post("/desk/next"); print(r.status_code,r.headers.get("location"))
            r=await p.get("/desk"); print(r.status_code, re.sub(r'\s+',' ',r.text)[:6000])
            b=await a.get("/audit"); print(re.sub(r'<[^>]+>|\s+',' ',b.text)[-900:])
        print(house.process.log_text()[-3000:])
